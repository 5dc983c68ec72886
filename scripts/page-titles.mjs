// A plugin of TypeDoc for the site: a page is called what its first heading says, not what its file is called.
import { Converter } from 'typedoc';

export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => {
    // Code within the heading is a part of its own.
    page.content[0].text = page.content[0].text.trimStart();
    const end = page.content.findIndex(({ text }) => text.includes('\n'));
    const last = page.content[end];
    const before = page.content.slice(0, Math.max(0, end)).map(({ text }) => text).join('');
    const [line = '', ...others] = (last?.text ?? '').split('\n');
    const heading = /^# (.+)$/.exec(`${before}${line}`);
    if (heading === null) return app.logger.error(`${page.name}.md does not begin with a heading of the first level.`);
    page.name = heading[1].replaceAll('`', '');
    // TypeDoc writes the name above the page.
    page.content = [{ ...last, text: others.join('\n') }, ...page.content.slice(end + 1)];
  });
}
