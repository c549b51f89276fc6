// The product's own operator, with the crash hook before it.
import "../faults/crash-hook";
import "../../../operator/main";
