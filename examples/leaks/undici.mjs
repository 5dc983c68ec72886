// undici.request. What it holds is `body`: read it to the end, dump it, or destroy it.
import { pipeline } from 'node:stream/promises';
import { failed, failingDisk } from './failing-disk.mjs';

// undici 8 needs Node 22; UNDICI names another installed release.
const { request } = await import(process.env.UNDICI ?? 'undici');

export const programs = {
  'never read': {
    async leaking(base) {
      const { statusCode } = await request(`${base}/large`); // leak: never read
      return statusCode;
    },
    async correct(base) {
      const { statusCode, body } = await request(`${base}/large`);
      await body.dump();
      return statusCode;
    },
  },

  'never read, 12 bytes': {
    async leaking(base) {
      const { statusCode } = await request(`${base}/small`); // leak: never read, 12 bytes
      return statusCode;
    },
    async correct(base) {
      const { statusCode, body } = await request(`${base}/small`);
      return [statusCode, await body.text()];
    },
  },

  'half read': {
    async leaking(base) {
      const { body } = await request(`${base}/large`); // leak: half read
      const { value } = await body.iterator({ destroyOnReturn: false }).next();
      return value[0];
    },
    async correct(base) {
      const { body } = await request(`${base}/large`);
      for await (const chunk of body) return chunk[0];
    },
  },

  'early return on an error status': {
    async leaking(base) {
      const { statusCode, body } = await request(`${base}/error`); // leak: early return on an error status
      if (statusCode >= 400) return null;
      return body.json();
    },
    async correct(base) {
      const { statusCode, body } = await request(`${base}/error`);
      if (statusCode >= 400) {
        await body.dump();
        return null;
      }
      return body.json();
    },
  },

  'thrown while reading': {
    async leaking(base) {
      try {
        const { body } = await request(`${base}/large`); // leak: thrown while reading
        const chunks = body.iterator({ destroyOnReturn: false });
        for await (const chunk of chunks) JSON.parse(chunk.toString());
        return null;
      } catch (error) {
        return error.message;
      }
    },
    async correct(base) {
      try {
        const { body } = await request(`${base}/large`);
        // Without that option the iterator destroys the body when the loop is left.
        for await (const chunk of body) JSON.parse(chunk.toString());
        return null;
      } catch (error) {
        return error.message;
      }
    },
  },

  'dropped stream': {
    async leaking(base) {
      const { body } = await request(`${base}/large`); // leak: dropped stream
      const file = failingDisk();
      // pipe() leaves its source open when the destination fails.
      body.pipe(file);
      await failed(file);
    },
    async correct(base) {
      const { body } = await request(`${base}/large`);
      await pipeline(body, failingDisk()).catch(() => undefined);
    },
  },

  'cancelled too late': {
    async leaking(base) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 60_000).unref();
      const { statusCode } = await request(`${base}/large`, { signal: controller.signal }); // leak: cancelled too late
      return statusCode;
    },
    async correct(base) {
      const controller = new AbortController();
      const { statusCode, body } = await request(`${base}/large`, { signal: controller.signal });
      body.on('error', () => undefined); // it fails with the AbortError
      controller.abort();
      return statusCode;
    },
  },
};
