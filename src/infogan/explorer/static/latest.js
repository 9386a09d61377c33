// Work that is asked for faster than it can be done: one thing at a time, and only the newest next.

export class Latest {
  #busy = false;
  #waiting = null;
  #work;
  #failed;

  constructor(work, failed) {
    this.#work = work;
    this.#failed = failed;
  }

  /** Do this next; whatever was still waiting is dropped. */
  ask(...args) {
    this.#waiting = args;
    if (!this.#busy) this.#run();
  }

  async #run() {
    this.#busy = true;
    while (this.#waiting) {
      const args = this.#waiting;
      this.#waiting = null;
      try {
        await this.#work(...args);
      } catch (error) {
        this.#failed(error, () => this.#waiting ?? this.ask(...args));
      }
    }
    this.#busy = false;
  }
}
