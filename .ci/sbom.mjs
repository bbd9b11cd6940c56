// Makes a bill of materials the same for each build of one commit: prints FILE without paths of this machine (FOLDER is where Docket is built),
// in one order, with a number made of its content: node .ci/sbom.mjs FILE FOLDER

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [file, folder] = process.argv.slice(2);
// "path+file:///home/ada/docket#0.1.0" and "?download_url=file:///home/ada/docket" name the crate that is built here.
const own = pathToFileURL(folder).href;
const bom = JSON.parse(readFileSync(file, 'utf8').replaceAll(own, 'file:///docket').replaceAll(folder, '/docket'));

const by = (key) => (one, other) => (key(one) < key(other) ? -1 : Number(key(one) > key(other)));
bom.components.sort(by((part) => part['bom-ref']));
bom.dependencies.sort(by((part) => part.ref));
for (const part of bom.dependencies) part.dependsOn?.sort();

delete bom.serialNumber;
const hash = createHash('sha256').update(JSON.stringify(bom)).digest('hex');
// A UUID of the kind that is made of something (version 8, RFC 9562).
const uuid = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
const { bomFormat, specVersion, version, ...rest } = bom;
process.stdout.write(
  `${JSON.stringify({ bomFormat, specVersion, serialNumber: `urn:uuid:${uuid}`, version, ...rest }, null, 2)}\n`,
);
