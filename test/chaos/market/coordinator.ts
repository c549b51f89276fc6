// The product's own coordinator, with the crash hook before it.
import "../faults/crash-hook";
import "../../../offchain/main";
