import { invert, mod } from "@noble/curves/abstract/modular";
import { secp256k1 } from "@noble/curves/secp256k1";
import { recoverPublicKey, type Address, type Hex } from "viem";
import { publicKeyToAddress } from "viem/accounts";
import { recoverKey } from "./secp256k1";

// Operators sign several requests for each batch. In plain JavaScript, to recover a signer takes three times as long as to hold a
// signature against a key that is known, with a table of its multiples.

const { ProjectivePoint: Point, CURVE } = secp256k1;
type Key = InstanceType<typeof Point>;

/** Bits that one step of a multiplication takes from a key's table: 264 points, about 40 KB. More bits gain next to nothing. */
const WINDOW_BITS = 4;
/** Accounts whose key is remembered. */
const MAX_KNOWN = 1_024;

/** Signatures as accounts make them; whatever else there is, `recoverPublicKey` judges. */
const USUAL = /^0x[0-9a-f]{128}(00|01|1b|1c)$/i;

/** Who signed for an account last; its key once that has happened twice in a row. */
interface Known {
  signer: Address;
  key: Key | undefined;
}

/** With the table of its multiples. */
const keyOf = (publicKey: Hex): Key =>
  secp256k1.utils.precompute(WINDOW_BITS, Point.fromHex(publicKey.slice(2)));

const isScalar = (value: bigint) => value > 0n && value < CURVE.n;

/**
 * Whether recovery would give this key. A plain check would not do: it lets one signature pass with either parity, of which recovery
 * gives the key for one only.
 * @returns true only if so; false may also mean that recovery has to say
 */
function fits(key: Key, hash: Hex, signature: Hex): boolean {
  if (!USUAL.test(signature)) return false;
  const r = BigInt(`0x${signature.slice(2, 66)}`);
  const s = BigInt(`0x${signature.slice(66, 130)}`);
  if (!isScalar(r) || !isScalar(s)) return false;
  const inverse = invert(s, CURVE.n);
  const ofBase = mod(BigInt(hash) * inverse, CURVE.n);
  if (ofBase === 0n) return false; // nothing to multiply by
  const { x, y } = Point.BASE.multiply(ofBase)
    .add(key.multiply(mod(r * inverse, CURVE.n)))
    .toAffine();
  const isOdd = Number(`0x${signature.slice(130)}`) % 27 === 1;
  return x === r && (y & 1n) === BigInt(isOdd);
}

/** Tells whether hashes were signed for accounts, and remembers the keys of those that sign often. */
export class KnownKeys {
  /** By account, lower-case; who signed longest ago comes first. */
  private readonly known = new Map<string, Known>();

  /** @param recover recovers at once, if it can */
  constructor(private readonly recover = recoverKey) {}

  /**
   * @param signature 65 bytes; anything else was signed by nobody
   * @param mayActFor whether another signer's signature counts as the account's own
   * @returns whether recovery gives the account, or one that may act for it
   */
  async isSignedFor(
    hash: Hex,
    signature: Hex,
    account: Address,
    mayActFor: (signer: Address) => boolean = () => false,
  ): Promise<boolean> {
    const name = account.toLowerCase();
    const counts = (signer: Address) => signer.toLowerCase() === name || mayActFor(signer);
    const recovered = this.recover(hash, signature);
    if (recovered !== undefined) return recovered !== null && counts(publicKeyToAddress(recovered));
    const former = this.known.get(name);
    if (former?.key && fits(former.key, hash, signature) && counts(former.signer)) {
      this.remember(name, former);
      return true;
    }
    let publicKey: Hex;
    try {
      publicKey = await recoverPublicKey({ hash, signature });
    } catch {
      return false;
    }
    const signer = publicKeyToAddress(publicKey);
    // Only what counts is remembered: others can't push an account's own key out.
    if (!counts(signer)) return false;
    const again = former?.signer === signer;
    this.remember(name, { signer, key: again ? keyOf(publicKey) : undefined });
    return true;
  }

  private remember(name: string, known: Known): void {
    this.known.delete(name);
    this.known.set(name, known);
    if (this.known.size > MAX_KNOWN) this.known.delete(this.known.keys().next().value!);
  }
}
