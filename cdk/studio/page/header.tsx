import { useSignal } from '@preact/signals';
import { addressOf, api } from './api.ts';
import {
  explain,
  hasShortcuts,
  isAdding,
  isHelping,
  items,
  language,
  open,
  opened,
  selection,
  session,
  type Theme,
  theme,
  toReview,
  words,
} from './state.ts';

/** Brand, the two ways to look at a batch, and what is always at hand. */
export function Header() {
  const { value: w } = words;
  const { length } = toReview.value;
  const isReviewing = opened.value !== null;
  return (
    <header class="top">
      <h1 class="brand">{w.title}</h1>
      <p class="source" title={session.value?.title}>
        <bdi>{session.value?.title}</bdi>
      </p>
      <nav>
        <button type="button" aria-current={isReviewing ? undefined : 'page'} onClick={() => (opened.value = null)}>
          {w.gallery} <b>{items.value.size.toLocaleString(w.language)}</b>
        </button>
        <button
          type="button"
          disabled={length === 0}
          onClick={() => {
            const [first] = toReview.value;
            if (first !== undefined) open(first, toReview.value);
          }}
        >
          {w.review} <b class={length > 0 ? 'mark-review' : ''}>{length.toLocaleString(w.language)}</b>
        </button>
      </nav>
      <div class="tools">
        <Download />
        <Settings />
        <button type="button" class="primary" onClick={() => (isAdding.value = true)}>
          {w.addPhotos}
        </button>
      </div>
    </header>
  );
}

function Download() {
  const { value: w } = words;
  const { size } = selection.value;
  return (
    <Menu label={w.download}>
      {(close) => (
        <>
          {size > 0 && (
            <button type="button" onClick={() => close(() => download([...selection.value]))}>
              {w.downloadSelected(size.toLocaleString(w.language))}
            </button>
          )}
          <button type="button" onClick={() => close(() => download(null))}>
            {w.downloadAll}
          </button>
          <a href={addressOf.table} download="report.csv" onClick={() => close(() => {})}>
            {w.downloadTable}
          </a>
        </>
      )}
    </Menu>
  );
}

async function download(keys: readonly string[] | null): Promise<void> {
  try {
    const { id } = await api.download(keys);
    const link = document.createElement('a');
    link.href = addressOf.download(id);
    link.download = 'cutouts.zip';
    link.click();
  } catch (error) {
    explain(error);
  }
}

function Settings() {
  const { value: w } = words;
  const themes: readonly Theme[] = ['system', 'light', 'dark'];
  return (
    <Menu label={language.value === 'zh' ? '中文' : 'English'} title={`${w.language_}, ${w.theme}`}>
      {(close) => (
        <>
          <Choice
            legend={w.language_}
            name="language"
            now={language.value}
            onChoose={(value) => (language.value = value)}
          >
            {[
              ['en', 'English'],
              ['zh', '简体中文'],
            ]}
          </Choice>
          <Choice legend={w.theme} name="theme" now={theme.value} onChoose={(value) => (theme.value = value)}>
            {themes.map((one) => [one, w.themes[one]])}
          </Choice>
          <label class="line">
            <input
              type="checkbox"
              checked={hasShortcuts.value}
              onChange={({ currentTarget }) => {
                hasShortcuts.value = currentTarget.checked;
                localStorage.setItem('shortcuts', currentTarget.checked ? 'on' : 'off');
              }}
            />
            {w.shortcutsOn}
          </label>
          <button type="button" aria-keyshortcuts="?" onClick={() => close(() => (isHelping.value = true))}>
            {w.shortcuts} <kbd>?</kbd>
          </button>
        </>
      )}
    </Menu>
  );
}

interface ChoiceProps<T extends string> {
  readonly legend: string;
  readonly name: string;
  readonly now: T;
  readonly onChoose: (value: T) => void;
  readonly children: readonly (readonly [T, string])[];
}

function Choice<T extends string>({ legend, name, now, onChoose, children }: ChoiceProps<T>) {
  return (
    <fieldset class="stack">
      <legend>{legend}</legend>
      {children.map(([value, text]) => (
        <label class="line" key={value}>
          <input
            type="radio"
            name={name}
            checked={value === now}
            onChange={() => {
              localStorage.setItem(name, value);
              onChoose(value);
            }}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

interface MenuProps {
  readonly label: string;
  readonly title?: string;
  readonly children: (close: (then: () => void) => void) => preact.ComponentChildren;
}

/** A button that shows more below it; Escape, or a look elsewhere, closes it. */
function Menu({ label, title, children }: MenuProps) {
  const isOpen = useSignal(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the controls inside, which bubble up to here
    <div
      class="menu"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen.value) return;
        isOpen.value = false;
        // What lies behind stays as it is, and the keyboard where it was.
        event.stopPropagation();
        event.currentTarget.querySelector('button')?.focus();
      }}
      onFocusOut={({ currentTarget, relatedTarget }) => {
        if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) isOpen.value = false;
      }}
    >
      <button type="button" title={title} aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
        {label} <span aria-hidden="true">▾</span>
      </button>
      {isOpen.value && (
        <div class="sheet" tabIndex={-1}>
          {children((then) => {
            isOpen.value = false;
            then();
          })}
        </div>
      )}
    </div>
  );
}
