/** Solves the circuit for a request. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InputRefused, type ProgramIo } from "../../lib/program-io";
import { circuitArtifacts } from "./artifacts";
import { circuitInput, type MembershipRequest } from "./request";
import { runSnarkjs } from "./snarkjs";

/** The request breaks one of the circuit's constraints, or the circuit does not know its inputs. */
const UNSATISFIABLE =
  /Assert Failed|Not all inputs have been set|Too many values|Not enough values/;

/**
 * Computes the witness in the program's private folder.
 * @returns path of the .wtns file
 * @throws InputRefused when the request can't satisfy the circuit
 */
export async function makeWitness(request: MembershipRequest, io: ProgramIo): Promise<string> {
  const folder = await io.tempDir();
  const inputs = join(folder, "input.json");
  const witness = join(folder, "witness.wtns");
  await writeFile(inputs, circuitInput(request));
  const { wasm } = circuitArtifacts(request.depth);
  const run = await runSnarkjs(["wtns", "calculate", wasm, inputs, witness], io.signal);
  if (run.ok) return witness;
  const message = `the circuit has no witness for this request: ${run.output}`;
  throw UNSATISFIABLE.test(run.output) ? new InputRefused(message) : new Error(message);
}
