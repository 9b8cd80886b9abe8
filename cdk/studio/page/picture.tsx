import { useState } from 'preact/hooks';
import { words } from './state.ts';

interface PictureProps {
  readonly address: string;
  /** What is shown, for whoever cannot see it; empty where the words beside it say so. */
  readonly text: string;
  readonly class?: string;
}

/** A picture, or a word in its place where there is none to be had. */
export function Picture({ address, text, class: look = '' }: PictureProps) {
  const [missing, setMissing] = useState<string | null>(null);
  if (missing === address) return <span class={`picture none ${look}`}>{words.value.noPreview}</span>;
  return (
    <span class={`picture ${look}`}>
      <img src={address} alt={text} decoding="async" draggable={false} onError={() => setMissing(address)} />
    </span>
  );
}
