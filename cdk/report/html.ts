/** A piece of HTML that is safe to put into a page: only {@link html} makes it. */
export interface Html {
  readonly markup: string;
}

/** What a template may be given. Strings and numbers are text and get escaped; false, null and undefined leave nothing. */
export type Content = Html | string | number | false | null | undefined | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What HTML cannot hold, and the marks that turn a file name's reading direction around: U+FFFD stands in for them. */
const UNSHOWABLE = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * Fills a page's template. Whatever is not itself the result of `html` is escaped, so a file name cannot become markup as
 * long as every attribute is written in double quotes and nothing is interpolated into a `<style>` or `<script>`.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  const markup = strings.reduce((page, part, i) => page + part + (i < values.length ? render(values[i]) : ''), '');
  return { markup };
}

function render(value: Content): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'object') return 'markup' in value ? value.markup : value.map(render).join('');
  return String(value)
    .toWellFormed()
    .replace(UNSHOWABLE, '\uFFFD')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
