import { useSignalEffect } from '@preact/signals';
import { AddPhotos } from './add-photos.tsx';
import { DropTarget } from './drop-target.tsx';
import { Gallery } from './gallery.tsx';
import { Header } from './header.tsx';
import { Help } from './help.tsx';
import { PhotoView } from './photo-view.tsx';
import { useShortcuts } from './shortcuts.ts';
import { again, isAdding, isHelping, isLoaded, notice, opened, theme, trouble, words } from './state.ts';
import { WorkBar } from './work-bar.tsx';

export function App() {
  useSignalEffect(() => {
    document.documentElement.lang = words.value.language;
    document.documentElement.setAttribute('data-theme', theme.value);
    document.title = words.value.title;
  });
  useShortcuts({ '?': () => (isHelping.value = true) });
  return (
    <>
      <Header />
      <Trouble />
      <WorkBar />
      <main>
        {isLoaded.value ? <View /> : <p class="quiet center">{trouble.value === null && words.value.loading}</p>}
      </main>
      {(isAdding.value || again.value !== null) && <AddPhotos />}
      {isHelping.value && <Help />}
      <DropTarget />
      <Notice />
    </>
  );
}

function View() {
  return opened.value === null ? <Gallery /> : <PhotoView />;
}

function Trouble() {
  if (trouble.value === null) return null;
  return (
    <p class="trouble" role="alert">
      {words.value[trouble.value]}
    </p>
  );
}

const NOTICE_MS = 6_000;

function Notice() {
  useSignalEffect(() => {
    if (notice.value === null) return;
    const timer = setTimeout(() => {
      notice.value = null;
    }, NOTICE_MS);
    return () => clearTimeout(timer);
  });
  const { value } = notice;
  return (
    <div class="notices" role="status" aria-live="polite">
      {value !== null && (
        <p class={`notice ${value.kind}`}>
          {value.text}
          <button type="button" class="plain" aria-label={words.value.dismiss} onClick={() => (notice.value = null)}>
            ×
          </button>
        </p>
      )}
    </div>
  );
}
