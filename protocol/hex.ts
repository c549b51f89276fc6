import { z } from "zod";

// Hexadecimal fields of the HTTP API.

export const addressSchema = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "must be an address");
export const bytes32Schema = z.string().regex(/^0x[0-9a-fA-F]{64}$/, "must be 32 hex bytes");
export const bytesSchema = z.string().regex(/^0x([0-9a-fA-F]{2})*$/, "must be hex bytes");
