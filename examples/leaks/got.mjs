// got.stream (without `.stream` it reads the body itself). What it holds is the stream.
import got from 'got';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { failed, failingDisk } from './failing-disk.mjs';

const client = got.extend({ throwHttpErrors: false, retry: { limit: 0 } });

export const programs = {
  'never read': {
    async leaking(base) {
      const [response] = await once(client.stream(`${base}/large`), 'response'); // leak: never read
      return response.statusCode;
    },
    async correct(base) {
      const stream = client.stream(`${base}/large`);
      const [response] = await once(stream, 'response');
      stream.resume();
      return response.statusCode;
    },
  },

  'never read, 12 bytes': {
    async leaking(base) {
      const [response] = await once(client.stream(`${base}/small`), 'response'); // leak: never read, 12 bytes
      return response.statusCode;
    },
    async correct(base) {
      const stream = client.stream(`${base}/small`);
      const [response] = await once(stream, 'response');
      return [response.statusCode, await text(stream)];
    },
  },

  'half read': {
    async leaking(base) {
      const stream = client.stream(`${base}/large`); // leak: half read
      const [chunk] = await once(stream, 'data');
      stream.pause();
      return chunk[0];
    },
    async correct(base) {
      const stream = client.stream(`${base}/large`);
      const [chunk] = await once(stream, 'data');
      stream.destroy();
      return chunk[0];
    },
  },

  'early return on an error status': {
    async leaking(base) {
      const stream = client.stream(`${base}/error`); // leak: early return on an error status
      const [response] = await once(stream, 'response');
      if (response.statusCode >= 400) return null;
      return JSON.parse(await text(stream));
    },
    async correct(base) {
      const stream = client.stream(`${base}/error`);
      const [response] = await once(stream, 'response');
      if (response.statusCode >= 400) {
        stream.destroy();
        return null;
      }
      return JSON.parse(await text(stream));
    },
  },

  'thrown while reading': {
    async leaking(base) {
      try {
        const stream = client.stream(`${base}/large`); // leak: thrown while reading
        for await (const chunk of stream.iterator({ destroyOnReturn: false })) JSON.parse(chunk.toString());
        return null;
      } catch (error) {
        return error.message;
      }
    },
    async correct(base) {
      try {
        const stream = client.stream(`${base}/large`);
        // Without that option the iterator destroys the stream when the loop is left.
        for await (const chunk of stream) JSON.parse(chunk.toString());
        return null;
      } catch (error) {
        return error.message;
      }
    },
  },

  'dropped stream': {
    async leaking(base) {
      const stream = client.stream(`${base}/large`); // leak: dropped stream
      const file = failingDisk();
      // pipe() leaves its source open when the destination fails.
      stream.pipe(file);
      await failed(file);
    },
    async correct(base) {
      await pipeline(client.stream(`${base}/large`), failingDisk()).catch(() => undefined);
    },
  },

  'cancelled too late': {
    async leaking(base) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 60_000).unref();
      const [response] = await once(client.stream(`${base}/large`, { signal: controller.signal }), 'response'); // leak: cancelled too late
      return response.statusCode;
    },
    async correct(base) {
      const controller = new AbortController();
      const stream = client.stream(`${base}/large`, { signal: controller.signal });
      const [response] = await once(stream, 'response');
      stream.on('error', () => undefined); // it fails with the AbortError
      controller.abort();
      return response.statusCode;
    },
  },
};
