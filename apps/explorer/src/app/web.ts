/** Links that strangers gave. */

/** A stranger's address of a page, if it may become a link: `https` or `http` with a host, without a name or password in it. */
export function webAddress(text: string | null | undefined): URL | undefined {
  if (text === null || text === undefined || !/^https?:\/\/[^/\\]/i.test(text)) {
    return undefined;
  }
  try {
    const url = new URL(text);
    const web = url.protocol === "https:" || url.protocol === "http:";
    return web && url.hostname !== "" && url.username === "" && url.password === "" ? url : undefined;
  } catch {
    return undefined;
  }
}
