import { expect, test } from 'vitest';
import { html } from '#cdk/report/html.ts';

test('turns markup in a value into text', () => {
  const { markup } = html`<p title="${`"'`}">${'<img src=x onerror=alert(1)> & co'}</p>`;

  expect(markup).toBe('<p title="&quot;&#39;">&lt;img src=x onerror=alert(1)&gt; &amp; co</p>');
});

test('keeps markup that a template made, one by one or in a list', () => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);

  expect(html`<ul>${items}</ul>${html`<hr>`}`.markup).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul><hr>');
});

test('leaves nothing for false, null and undefined, but shows zero', () => {
  expect(html`${false}${null}${undefined}${0}`.markup).toBe('0');
});

test('shows a name that tries to turn its reading direction around as it is', () => {
  expect(html`${'photo\u202Egpj.exe'}`.markup).toBe('photo\uFFFDgpj.exe');
});

test('survives half a surrogate pair', () => {
  expect(html`${'a\uD83Db'}`.markup).toBe('a\uFFFDb');
});
