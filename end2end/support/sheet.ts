import { crc32, inflateRawSync } from "node:zlib";

/** A file as the file chooser hands it over. */
export interface File {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

export const XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** A small real XLSX workbook with one sheet of text cells: what a test needs to say is in its rows. */
export function workbook(name: string, rows: string[][]): File {
  const escape = (text: string) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]!);
  const cells = rows
    .map((row, r) => {
      const inner = row
        .map((text, c) => `<c r="${letter(c)}${r + 1}" t="inlineStr"><is><t>${escape(text)}</t></is></c>`)
        .join("");
      return `<row r="${r + 1}">${inner}</row>`;
    })
    .join("");
  const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
  const relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  const packages = "http://schemas.openxmlformats.org/package/2006";
  const type = "application/vnd.openxmlformats-officedocument.spreadsheetml";
  const buffer = zip({
    "[Content_Types].xml": `<Types xmlns="${packages}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${type}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${type}.worksheet+xml"/></Types>`,
    "_rels/.rels": `<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${relationships}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    "xl/workbook.xml": `<workbook xmlns="${main}" xmlns:r="${relationships}"><sheets><sheet name="Customers" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${relationships}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
    "xl/worksheets/sheet1.xml": `<worksheet xmlns="${main}"><sheetData>${cells}</sheetData></worksheet>`,
  });
  return { name, mimeType: XLSX, buffer };
}

/** A CSV file as programs write it: quoted where it has to be. */
export function csv(name: string, rows: string[][], delimiter = ","): File {
  const quote = (text: string) => (/["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replace(/"/g, '""')}"` : text);
  const lines = rows.map((row) => row.map(quote).join(delimiter));
  return { name, mimeType: "text/csv", buffer: Buffer.from(`${lines.join("\r\n")}\r\n`) };
}

/** The same workbook with one text in place of another wherever it stands in a cell, as its user would correct it. */
export function corrected(name: string, archive: Buffer, wrong: string, right: string): File {
  const files = Object.fromEntries(
    Object.entries(unzip(archive)).map(([path, text]) => [
      path,
      /sharedStrings|worksheets\/sheet/.test(path) ? text.replaceAll(`>${wrong}<`, `>${right}<`) : text,
    ]),
  );
  return { name, mimeType: XLSX, buffer: zip(files) };
}

/** Everything in a ZIP archive, as text. */
export function unzip(archive: Buffer): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { name, at, size, method } of directoryOf(archive)) {
    const from = at + 30 + archive.readUInt16LE(at + 26) + archive.readUInt16LE(at + 28);
    const body = archive.subarray(from, from + size);
    files[name] = (method === 0 ? body : inflateRawSync(body)).toString("utf8");
  }
  return files;
}

/** The names of the files in a ZIP archive, from its central directory. */
export function namesInZip(archive: Buffer): string[] {
  return directoryOf(archive).map(({ name }) => name);
}

interface Entry {
  name: string;
  /** Where it begins. */
  at: number;
  /** As it is stored. */
  size: number;
  method: number;
}

function directoryOf(archive: Buffer): Entry[] {
  const end = archive.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end < 0) {
    return [];
  }
  const entries: Entry[] = [];
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    entries.push({
      name: archive.toString("utf8", at + 46, at + 46 + name),
      at: archive.readUInt32LE(at + 42),
      size: archive.readUInt32LE(at + 20),
      method: archive.readUInt16LE(at + 10),
    });
    at += 46 + name + extra + comment;
  }
  return entries;
}

function letter(column: number): string {
  return String.fromCharCode("A".charCodeAt(0) + column);
}

/** A ZIP archive whose files are stored as they are. */
function zip(files: Record<string, string>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const name = Buffer.from(path);
    const body = Buffer.from(text.startsWith("<?xml") ? text : `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>${text}`);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    // A date is not optional in ZIP: 1 January 1980.
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(body), 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(body.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, name, body]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, rest, name]));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}
