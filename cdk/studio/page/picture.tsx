import { useState } from 'preact/hooks';
import { words } from './state.ts';

interface PictureProps {
  readonly address: string;
  /** What is shown, for whoever cannot see it; empty where the words beside it say so. */
  readonly text: string;
  readonly class?: string;
  /** Said until it is there, where that takes long. */
  readonly waiting?: string;
}

/** A picture, or a word in its place where there is none to be had. */
export function Picture({ address, text, class: look = '', waiting }: PictureProps) {
  const [missing, setMissing] = useState<string | null>(null);
  const [there, setThere] = useState<string | null>(null);
  if (missing === address) return <span class={`picture none ${look}`}>{words.value.noPreview}</span>;
  return (
    <span class={`picture ${look}`}>
      {waiting !== undefined && there !== address && <span class="waiting">{waiting}</span>}
      {/* By its address: another picture never shows the last one until it has come. */}
      <img
        key={address}
        src={address}
        alt={text}
        decoding="async"
        draggable={false}
        onLoad={waiting === undefined ? undefined : () => setThere(address)}
        onError={() => setMissing(address)}
      />
    </span>
  );
}
