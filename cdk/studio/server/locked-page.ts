import { EN } from '../page/words/en.ts';
import { ZH } from '../page/words/zh.ts';

/** What a person sees who opens the studio without its token: which address to open, and nothing of what is served. */
export const LOCKED_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${EN.title}</title>
<link rel="icon" href="data:,">
</head>
<body>
<h1>${EN.title}</h1>
<p>${EN.locked}</p>
<p lang="zh">${ZH.locked}</p>
</body>
</html>
`;
