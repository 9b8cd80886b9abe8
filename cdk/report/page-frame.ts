import { join as joinPath } from 'node:path';
import { explainCode, explainDoubt } from './explain.ts';
import { fileLink } from './file-link.ts';
import { type Content, type Html, html } from './html.ts';
import { type ReportedPhoto, type Standing, standing } from './report.ts';
import { makeThumbnail, type Thumbnail } from './thumbnail.ts';
import { bytes, duration, share } from './words.ts';

/** Where a page's pictures lie. */
export interface PageFolders {
  /** Folder of the photos. */
  readonly src: string;
  /** Folder of the cutouts and of the page itself. */
  readonly dst: string;
}

export const STANDING_NAMES: Readonly<Record<Standing, string>> = {
  failed: 'Not finished',
  rejected: 'Turned down',
  review: 'To check',
  done: 'Good',
};

/** Draws one photo beside its cutout, with what a person needs to know about it. @param number From 1, worst first. */
export async function drawFrame(photo: ReportedPhoto, number: number, folders: PageFolders): Promise<Html> {
  const state = standing(photo);
  const sure = photo.confidence !== null && html`<span class="sure">${share(photo.confidence)} sure</span>`;
  return html`
<li class="frame ${state}" id="f${number}">
${await pair(photo, folders)}
<p class="line"><span class="nr">${String(number).padStart(3, '0')}</span><span class="state">${STANDING_NAMES[state]}</span>${sure}</p>
<h2>${name(photo.key)}</h2>
${why(photo)}
${facts(photo, folders)}
</li>`;
}

/** Names one photo without showing it. */
export function nameFrame(photo: ReportedPhoto, number: number, folders: PageFolders): Html {
  const remark = photo.code ?? photo.reasons.join(', ');
  const link = html`<a href="${photoLink(photo, folders)}">${photo.key}</a>`;
  return html`<li class="${standing(photo)}" id="f${number}"><span>${link}${remark !== '' && html` – ${remark}`}</span></li>\n`;
}

async function pair(photo: ReportedPhoto, folders: PageFolders): Promise<Html> {
  const cutout = photo.outputs[0];
  const cutoutPath = cutout && joinPath(folders.dst, cutout.key);
  const before = await makeThumbnail(joinPath(folders.src, photo.key));
  const after = cutoutPath === undefined ? null : await makeThumbnail(cutoutPath);
  if (before === null && after === null) return html`<div class="pair blank">${blankTile('No preview')}</div>`;

  const photoTile =
    before === null
      ? blankTile('No preview')
      : tile(before, { kind: 'photo', link: photoLink(photo, folders), alt: `Photo ${photo.key}` });
  const cutoutTile =
    after === null || cutoutPath === undefined
      ? blankTile(cutoutPath === undefined ? 'No cutout' : 'No preview')
      : tile(after, { kind: 'checkers', link: fileLink(folders.dst, cutoutPath), alt: `Cutout of ${photo.key}` });
  return html`<div class="pair">${photoTile}${cutoutTile}</div>`;
}

function tile(
  { address, width, height }: Thumbnail,
  { kind, link, alt }: { kind: 'photo' | 'checkers'; link: string; alt: string },
): Html {
  return html`<a class="tile ${kind}" href="${link}"><img src="${address}" alt="${alt}" width="${width}" height="${height}" decoding="async"></a>`;
}

function blankTile(text: string): Html {
  return html`<div class="tile none"><span>${text}</span></div>`;
}

function name(key: string): Html {
  const cut = key.lastIndexOf('/') + 1;
  return html`<span class="folder">${key.slice(0, cut)}</span>${key.slice(cut)}`;
}

function why(photo: ReportedPhoto): Content {
  if (photo.code === null) return photo.reasons.map((reason) => html`<p class="why">${explainDoubt(reason)}</p>\n`);
  const { title, advice } = explainCode(photo.code, failure(photo));
  return html`<p class="why"><b>${title}.</b> ${photo.message ?? advice} <code>${photo.code}</code></p>\n`;
}

function facts(photo: ReportedPhoto, folders: PageFolders): Html {
  const { width, height, sku, totalMs, outputs, record } = photo;
  const size = width !== null && height !== null && html`<span>${width} × ${height}</span>`;
  const files = outputs.map(
    (output) =>
      html`<a href="${fileLink(folders.dst, joinPath(folders.dst, output.key))}">${output.format.toUpperCase()} ${bytes(output.bytes)}</a>`,
  );
  const paper = record !== null && html`<a href="${fileLink(folders.dst, joinPath(folders.dst, record))}">record</a>`;
  const time = totalMs !== null && html`<span>${duration(totalMs)}</span>`;
  return html`<p class="facts">${sku !== null && html`<span>${sku}</span>`}${size}${time}${files}${paper}</p>`;
}

function photoLink(photo: ReportedPhoto, folders: PageFolders): string {
  return fileLink(folders.dst, joinPath(folders.src, photo.key));
}

function failure(photo: ReportedPhoto): 'rejected' | 'failed' {
  return photo.status === 'rejected' ? 'rejected' : 'failed';
}
