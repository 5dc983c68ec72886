/** Owns the page that lists the profiles, modelled on that of Go's net/http/pprof. */
import { ENGINE_PROFILES } from './engine-profiles.js';
import { PROFILE_KINDS } from '../write/index.js';

/** The page as HTML. `facts` is the link to the facts, `profiles` the names of the served profiles. */
export function indexPage(facts: string, profiles: ReadonlySet<string>): string {
  const kinds = PROFILE_KINDS.filter(({ name }) => profiles.has(name));
  const ofEngine = ENGINE_PROFILES.filter(({ name }) => profiles.has(name));
  const rows = [
    ...kinds.map((kind) => `<tr><td>${kind.count()}</td><td><a href="${kind.name}?debug=1">${kind.name}</a></td></tr>`),
    ...ofEngine.map(({ name }) => `<tr><td></td><td><a href="${name}">${name}</a></td></tr>`),
  ];
  const descriptions = [...kinds, ...ofEngine, CMDLINE].map(({ name, description }) => `<li><div class="profile-name">${name}: </div> ${description}</li>`);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>/debug/pprof/</title>
<style>
.profile-name {
  display: inline-block;
  width: 6rem;
}
</style>
</head>
<body>
<p>/debug/pprof/</p>
<p>Types of profiles available:</p>
<table>
<thead><tr><th>Count</th><th>Profile</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
<p>${profiles.has('goroutine') ? `<a href="goroutine?debug=2">full goroutine stack dump</a><br>
` : ''}<a href="${facts}">the same facts as JSON</a></p>
<p>Profile descriptions:</p>
<ul>
${descriptions.join('\n')}
</ul>
<p>Add <code>?seconds=10</code> for what came and went in that time. Without <code>debug</code>, a profile is what <code>go tool pprof</code>, Parca and Pyroscope read.</p>
</body>
</html>
`;
}

const CMDLINE = { name: 'cmdline', description: 'The program that runs, without its arguments, which may be secret' };
