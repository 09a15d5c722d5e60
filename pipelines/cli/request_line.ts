/**
 * Request line: a request that a service has answered -> one line for people.
 *
 *   12:00:01.234 kinesis    arn:aws:iam::…:user/…  PutRecords streaming-…-pin  200  3.1 ms
 *
 * What stands in a request is its client's: nothing of it reaches the terminal as more than text.
 */
export interface RequestServed {
  atMs: number;
  service: string;
  who: string;
  action: string;
  resource: string;
  answer: string;
  ms: number;
}

export function requestLine(request: RequestServed): string {
  const { atMs, service, who, action, resource, answer, ms } = request;
  const time = new Date(atMs).toISOString().slice(11, 23);
  const what = `${action} ${resource}`.trimEnd();
  const line = `${time} ${service.padEnd(10)} ${who}  ${what}  ${answer}  ${ms.toFixed(1)} ms`;
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => {
    return `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
