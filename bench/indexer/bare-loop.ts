import Database from "better-sqlite3";
import { parseEventLogs, type Address, type PublicClient } from "viem";
import { jsonArgs } from "../../offchain/chain/market-event";
import { marketAbi } from "../../protocol/abi";

/**
 * What one writes in ten minutes: ask for logs, decode them with viem, insert them, a transaction for each reply. It knows no
 * reorganisation, no times of blocks and no state; only its database is as durable as the coordinator's.
 * @param file of the SQLite database
 */
export async function bareLoop(client: PublicClient, market: Address, file: string): Promise<void> {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec(
    "create table events (block integer, log_index integer, tx text, name text, args text, primary key (block, log_index))",
  );
  const insert = db.prepare("insert into events values (?, ?, ?, ?, ?)");
  const head = Number(await client.getBlockNumber());
  let size = 16;
  for (let next = 0; next <= head;) {
    const end = Math.min(next + size - 1, head);
    const range = { fromBlock: BigInt(next), toBlock: BigInt(end) };
    const logs = await client.getLogs({ address: market, ...range }).catch(() => undefined);
    if (!logs) {
      size = Math.ceil(size / 2);
      continue;
    }
    db.transaction(() => {
      for (const log of parseEventLogs({ abi: marketAbi, logs }))
        insert.run(
          Number(log.blockNumber),
          log.logIndex,
          log.transactionHash,
          log.eventName,
          JSON.stringify(jsonArgs(log.args)),
        );
    })();
    next = end + 1;
  }
  db.close();
}
