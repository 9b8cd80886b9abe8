import { render } from 'preact';
import { App } from './app.tsx';
import { listen } from './listen.ts';
import { load } from './state.ts';
import './style/base.css';
import './style/gallery.css';
import './style/photo.css';
import './style/adding.css';

// The token has become a cookie: it need not stay where somebody could read it over a shoulder, or in a bookmark.
history.replaceState(null, '', `/${location.hash}`);

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
void load().then(listen);
