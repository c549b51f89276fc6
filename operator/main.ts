/** Who calls it: a shell, `froben operator run`, devnet. The operator's process, as the product ships it. */
import { runOperatorProcess } from "./process";

runOperatorProcess();
