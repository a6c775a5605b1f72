/** A folder that somebody dropped or chose: its files by path. What is in them is read later, and only where it is needed. */

/** A folder of a model. */
export interface ChosenFolder {
  readonly name: string;
  /** Files by their path in the folder, with `/` between its parts. */
  readonly files: ReadonlyMap<string, File>;
}

/** Most files that are looked at: more are no model. */
const MOST_FILES = 10_000;
/** The file in which an author says what a model is. */
export const DESCRIPTION = "hub.toml";

/** The folder that an input with `webkitdirectory` was given. */
export function folderOf(list: Iterable<File>): ChosenFolder {
  const files = new Map<string, File>();
  let name = "";
  for (const file of list) {
    const [first = "", ...rest] = file.webkitRelativePath.split("/");
    name = first;
    take(files, rest.join("/"), file);
  }
  return checked(name, files);
}

/** The folder that was dropped. Has to be called while the event is handled; what lies in the folder is found after it. */
export async function droppedFolder(items: Iterable<DataTransferItem>): Promise<ChosenFolder> {
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const [folder] = entries;
  if (entries.length !== 1 || folder === undefined || !folder.isDirectory) {
    throw new Error("That is no folder: drop the one folder that the model’s files lie in");
  }
  const files = new Map<string, File>();
  await walk(folder as FileSystemDirectoryEntry, "", files);
  return checked(folder.name, files);
}

async function walk(folder: FileSystemDirectoryEntry, within: string, files: Map<string, File>): Promise<void> {
  const reader = folder.createReader();
  for (;;) {
    // A hundred at a time, until there are none.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) {
      return;
    }
    for (const entry of entries) {
      const path = `${within}${entry.name}`;
      if (entry.isDirectory) {
        await walk(entry as FileSystemDirectoryEntry, `${path}/`, files);
      } else {
        const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
        take(files, path, file);
      }
    }
  }
}

function take(files: Map<string, File>, path: string, file: File): void {
  if (files.size >= MOST_FILES) {
    throw new Error(`The folder has more than ${MOST_FILES} files: choose the folder of the model alone`);
  }
  files.set(path, file);
}

function checked(name: string, files: Map<string, File>): ChosenFolder {
  if (files.size === 0) {
    throw new Error("The folder is empty: choose the one that the model’s files lie in");
  }
  return { name, files };
}

/** What an author says of a model, where the folder has no `hub.toml`. */
export interface Said {
  readonly title: string;
  readonly description: string;
  readonly task: string;
  readonly license: string;
  readonly homepage: string;
  /** With commas between them. */
  readonly tags: string;
}

/** The folder with a `hub.toml` that says this: the same file that somebody at a command line would write into it. */
export function described({ name, files }: ChosenFolder, said: Said): ChosenFolder {
  const { title, description, task, license, homepage, tags } = said;
  const texts = { title, description, task, license, homepage };
  const lines = Object.entries(texts).flatMap(([key, value]) => (value === "" ? [] : [`${key} = ${toml(value)}`]));
  const words = tags.split(",").flatMap((tag) => (tag.trim() === "" ? [] : [toml(tag.trim())]));
  if (words.length > 0) {
    lines.push(`tags = [${words.join(", ")}]`);
  }
  const file = new File([lines.map((line) => `${line}\n`).join("")], DESCRIPTION);
  return { name, files: new Map([...files, [DESCRIPTION, file]]) };
}

/** A text as a basic string of TOML, whose escapes are those of JSON but for the characters that JSON lets stand. */
function toml(text: string): string {
  return JSON.stringify(text).replace(/\u007f/g, "\\u007F");
}
