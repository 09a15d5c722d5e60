/**
 * Control budget: frames of one HTTP/2 connection -> whether its client keeps us busy with nothing.
 *
 * Frames that carry no data cost their client nothing and us work. Each spends; requests, answers
 * and time earn. Those of a client at work are a few for each request, and a WINDOW_UPDATE or two
 * for each frame of an answer; a request that is taken back at once (rapid reset) costs more than
 * it earned, and so does a head in many pieces.
 *
 * Source: RFC 9113, sections 5.4, 6 and 10.5.
 */
const budgetMax = 2000;
const perSecond = 100;
const perRequest = 4;
const answerBytesPerFrame = 4096;
const costs = { control: 1, reset: 8, continuation: 16 };

const [data, headers, reset, continuation] = [0, 1, 3, 9];
const [endStream, padded] = [0x1, 0x8];

export class ControlBudget {
  #left = budgetMax;
  #earnedMs = performance.now();

  /** Counts a frame of the client; false where it was one too many. */
  takes(type: number, flags: number, payload: Uint8Array): boolean {
    if (type === headers) this.#earn(perRequest);
    else this.#left -= costOf(type, flags, payload);
    if (this.#left < 0) this.#earnByTime();
    return this.#left >= 0;
  }

  /** Answers are taken with frames that say so. */
  answered(bytes: number): void {
    this.#earn(bytes / answerBytesPerFrame);
  }

  #earnByTime(): void {
    const nowMs = performance.now();
    this.#earn((nowMs - this.#earnedMs) / 1000 * perSecond);
    this.#earnedMs = nowMs;
  }

  #earn(frames: number): void {
    this.#left = Math.min(budgetMax, this.#left + frames);
  }
}

function costOf(type: number, flags: number, payload: Uint8Array): number {
  if (type === reset) return costs.reset;
  if (type === continuation) return costs.continuation;
  if (type !== data || (flags & endStream) !== 0) return type === data ? 0 : costs.control;
  const padding = (flags & padded) === 0 ? 0 : 1 + (payload[0] ?? 0);
  return payload.length > padding ? 0 : costs.control;
}
