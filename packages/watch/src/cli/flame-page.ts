/** Owns the single HTML file of a flame graph: the script that the build made of src/flame, with the profile as data inside it. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FlameNode } from '../diagnose/index.js';

export interface FlamePage {
  readonly title: string;
  readonly tree: FlameNode;
  /** What is counted: `tasks`, `bytes`. */
  readonly unit: string;
}

const BUILT = new URL('../flame/', import.meta.url);

/**
 * The page, as HTML. The names in a profile can be anything, markup included:
 * they are carried as data, and the page allows no script but its own.
 */
export async function flamePage(page: FlamePage): Promise<string> {
  const [script, style] = await Promise.all([readFile(new URL('page.js', BUILT), 'utf8'), readFile(new URL('page.css', BUILT), 'utf8')]);
  const code = inScript(script.trim());
  const look = style.trim();
  const policy = `default-src 'none'; script-src '${digest(code)}'; style-src '${digest(look)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${text(page.title)}</title>
<style>${look}</style>
</head>
<body>
<noscript>The graph is drawn by a script.</noscript>
<script type="application/json" id="profile">${JSON.stringify(page).replaceAll('<', '\\u003c')}</script>
<script>${code}</script>
</body>
</html>
`;
}

/** A script ends at the first `</script`, in a string or not; `<!--` and `<script` may keep it from ending there (HTML, "restrictions for contents of script elements"). */
function inScript(code: string): string {
  return code.replace(/<(?=\/script|script|!--)/gi, '\\x3c');
}

/** The hash by which a Content-Security-Policy allows one script or style. */
function digest(content: string): string {
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}

function text(raw: string): string {
  return raw.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
