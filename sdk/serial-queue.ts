/** Runs jobs one after another; a job's failure does not stop the next. */
export class SerialQueue {
  private tail: Promise<unknown> = Promise.resolve();

  /** @returns what the job returns */
  run<T>(job: () => Promise<T>): Promise<T> {
    const turn = this.tail.then(job, job);
    this.tail = turn.catch(() => undefined);
    return turn;
  }
}
