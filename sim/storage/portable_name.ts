/**
 * Portable names: any text -> a name that is one file on every disk. No other portable name is the
 * same to a disk that knows no case, and Windows neither reserves it nor cuts it.
 *
 * Source: Microsoft, "Naming Files, Paths, and Namespaces".
 */
import { hash } from "node:crypto";

/** No capitals and nothing beyond ASCII, which disks fold in ways of their own; no `~` of short names. */
const portable = /^[a-z0-9!#$%&'()+,\-.;=@[\]^_`{} ]{1,255}$/;
/** Documented: reserved by Windows, with any ending. */
const device = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)[ ]*(\.|$)/i;

export function isPortableName(name: string): boolean {
  return portable.test(name) && !/[. ]$/.test(name) && !device.test(name);
}

/** Whether Windows takes this name, whatever its ending, for a device. */
export function isDeviceName(name: string): boolean {
  return device.test(name);
}

/** A portable name for any text: the text where it is one, else its digest and what can be read of it. */
export function portableName(text: string): string {
  if (isPortableName(text)) return text;
  const readable = text.toLowerCase().replace(/[^a-z0-9._-]/g, "_").slice(0, 100);
  return `~${hash("sha256", text, "hex").slice(0, 16)}-${readable.replace(/\.+$/, "")}`;
}
