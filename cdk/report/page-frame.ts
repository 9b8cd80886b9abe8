import { existsSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { explainCode, explainDoubt, REFUSED } from './explain.ts';
import { fileLink } from './file-link.ts';
import { type Content, type Html, html } from './html.ts';
import { type ReportedPhoto, type Standing, standing } from './report.ts';
import { describeLimit, describeValue, ruleName } from './rules.ts';
import { makeThumbnail, type Thumbnail } from './thumbnail.ts';
import { bytes, duration, share } from './words.ts';

/** Where a page's pictures lie. */
export interface PageFolders {
  /** Folder of the photos. */
  readonly src: string;
  /** Where further photos lie, that are not in `src`. @default nowhere */
  readonly otherSrc?: readonly string[];
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
  const link = linked(photoPath(photo, folders), folders, photo.key);
  return html`<li class="${standing(photo)}" id="f${number}"><span>${link}${remark !== '' && html` – ${remark}`}</span></li>\n`;
}

async function pair(photo: ReportedPhoto, folders: PageFolders): Promise<Html> {
  const before = await makeThumbnail(photoPath(photo, folders));
  const first = await cutoutTile(photo, photo.outputs[0], folders);
  if (before === null && !first.isShown) return html`<div class="pair blank">${blankTile('No preview')}</div>`;

  const photoTile =
    before === null
      ? blankTile('No preview')
      : tile(before, { kind: 'photo', link: photoLink(photo, folders), alt: `Photo ${photo.key}` });
  const further: Html[] = [];
  for (const output of photo.outputs.slice(1)) further.push((await cutoutTile(photo, output, folders)).markup);
  return html`<div class="pair">${photoTile}${first.markup}${further}</div>`;
}

type Output = ReportedPhoto['outputs'][number];

async function cutoutTile({ key, outputs }: ReportedPhoto, output: Output | undefined, { dst }: PageFolders) {
  if (output === undefined) return { isShown: false, markup: blankTile('No cutout') };
  const path = joinPath(dst, output.key);
  const picture = await makeThumbnail(path);
  if (picture === null) return { isShown: false, markup: blankTile('No preview') };
  const isOneOfSeveral = outputs.length > 1;
  const alt = isOneOfSeveral ? `${output.preset} of ${key}` : `Cutout of ${key}`;
  const caption = isOneOfSeveral ? output.preset : null;
  return { isShown: true, markup: tile(picture, { kind: 'checkers', link: fileLink(dst, path), alt, caption }) };
}

function tile(
  { address, width, height }: Thumbnail,
  { kind, link, alt, caption }: { kind: 'photo' | 'checkers'; link: string; alt: string; caption?: string | null },
): Html {
  const label = caption !== null && caption !== undefined && html`<span class="caption">${caption}</span>`;
  return html`<a class="tile ${kind}" href="${link}"><img src="${address}" alt="${alt}" width="${width}" height="${height}" decoding="async">${label}</a>`;
}

function blankTile(text: string): Html {
  return html`<div class="tile none"><span>${text}</span></div>`;
}

function name(key: string): Html {
  const cut = key.lastIndexOf('/') + 1;
  return html`<span class="folder">${key.slice(0, cut)}</span>${key.slice(cut)}`;
}

function why(photo: ReportedPhoto): Content {
  if (photo.code === null) {
    if (photo.decision === 'refused') return html`<p class="why"><b>${REFUSED.title}.</b> ${REFUSED.advice}</p>\n`;
    return [...doubts(photo), secondLook(photo), ...photo.outputs.flatMap(brokenRules)];
  }
  const { title, advice } = explainCode(photo.code, failure(photo));
  const what = html`<p class="why"><b>${title}.</b> ${photo.message ?? advice} <code>${photo.code}</code></p>\n`;
  return [what, ...doubts(photo), secondLook(photo)];
}

function doubts({ reasons }: ReportedPhoto): Html[] {
  return reasons.map((reason) => html`<p class="why">${explainDoubt(reason)}</p>\n`);
}

/** What came of it that a bigger model looked, too. */
function secondLook({ escalation }: ReportedPhoto): Html | null {
  if (escalation === null) return null;
  const { first, second, kept } = escalation;
  const stays = kept === 'second' ? second : first;
  return html`<p class="second">${first.model.id} was ${share(first.confidence)} sure, ${second.model.id} ${share(second.confidence)}: the cutout is ${stays.model.id}’s.</p>\n`;
}

/** What a picture was measured at, and what its shop asks for, where it insists on it. */
function brokenRules({ preset, rules = [] }: ReportedPhoto['outputs'][number]): Html[] {
  return rules
    .filter(({ level, passed }) => level === 'must' && !passed)
    .map(
      (rule) =>
        html`<p class="why"><b>${preset}:</b> ${ruleName(rule)} is ${describeValue(rule)}, asked: ${describeLimit(rule)}</p>\n`,
    );
}

function facts(photo: ReportedPhoto, folders: PageFolders): Html {
  const { width, height, sku, totalMs, outputs, record } = photo;
  const size = width !== null && height !== null && html`<span>${width} × ${height}</span>`;
  const files = outputs.map((output) => {
    const text = `${outputs.length > 1 ? `${output.preset} ` : ''}${output.format.toUpperCase()} ${bytes(output.bytes)}`;
    return linked(joinPath(folders.dst, output.key), folders, text);
  });
  const paper = record !== null && linked(joinPath(folders.dst, record), folders, 'record');
  const time = totalMs !== null && html`<span>${duration(totalMs)}</span>`;
  return html`<p class="facts">${sku !== null && html`<span>${sku}</span>`}${size}${time}${files}${paper}</p>`;
}

/** A batch in a bucket brings only the files of the photos it shows. */
function linked(file: string, { dst }: PageFolders, text: string): Html {
  return existsSync(file) ? html`<a href="${fileLink(dst, file)}">${text}</a>` : html`<span>${text}</span>`;
}

function photoLink(photo: ReportedPhoto, folders: PageFolders): string {
  return fileLink(folders.dst, photoPath(photo, folders));
}

function photoPath({ key }: ReportedPhoto, { src, otherSrc = [] }: PageFolders): string {
  const places = [src, ...otherSrc].map((folder) => joinPath(folder, key));
  return places.find((path) => existsSync(path)) ?? joinPath(src, key);
}

function failure(photo: ReportedPhoto): 'rejected' | 'failed' {
  return photo.status === 'rejected' ? 'rejected' : 'failed';
}
