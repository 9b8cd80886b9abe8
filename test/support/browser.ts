import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where Debian, and most others, put it. */
const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Starts the system's Chromium without a window. @returns Null, and a line that says so, where there is none. */
export async function startChromium(): Promise<Browser | null> {
  const executablePath = PROGRAMS.find((path) => existsSync(path));
  if (executablePath === undefined) {
    console.warn(`NOT RUN in a browser: there is none at ${PROGRAMS.join(', ')} (apt-get install chromium)`);
    return null;
  }
  // The sandbox wants rights that a container does not give; the only page it opens is ours.
  return await chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
