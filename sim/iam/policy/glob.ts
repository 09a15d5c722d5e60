/**
 * Glob: a text against `*`, `?` and plain characters.
 *
 *   any     `*` is any run of characters, `?` any one
 *   inside  the same within a part of an ARN, so never a colon
 *
 * One look back to the last star is enough: an `inside` star that meets a colon could only be
 * helped by another place of that colon, and colons of pattern and text pair off one by one.
 */

/** Units of a pattern: the code of a character, or one of these. */
export const starAny = -1;
export const starInside = -2;
export const oneAny = -3;
export const oneInside = -4;

const colon = 58;

export function globMatches(units: readonly number[], text: string): boolean {
  let unit = 0;
  let at = 0;
  let star = -1;
  let starAt = 0;
  while (at < text.length) {
    const wanted = units[unit];
    const code = text.charCodeAt(at);
    if (wanted === starAny || wanted === starInside) {
      star = unit++;
      starAt = at;
    } else if (wanted === code || isOne(wanted, code)) {
      unit++;
      at++;
    } else if (star >= 0 && reaches(units[star], text.charCodeAt(starAt))) {
      unit = star + 1;
      at = ++starAt;
    } else {
      return false;
    }
  }
  while (units[unit] === starAny || units[unit] === starInside) unit++;
  return unit === units.length;
}

function isOne(unit: number | undefined, code: number): boolean {
  return unit === oneAny || (unit === oneInside && code !== colon);
}

function reaches(star: number | undefined, code: number): boolean {
  return star === starAny || code !== colon;
}
