// node:http. What it holds is the response: read it to the end, resume() it, or destroy it.
import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { failed, failingDisk } from './failing-disk.mjs';

export const programs = {
  'never read': {
    async leaking(base) {
      const [response] = await once(http.get(`${base}/large`), 'response'); // leak: never read
      return response.statusCode;
    },
    async correct(base) {
      const [response] = await once(http.get(`${base}/large`), 'response');
      response.resume();
      return response.statusCode;
    },
  },

  'never read, 12 bytes': {
    async leaking(base) {
      const [response] = await once(http.get(`${base}/small`), 'response'); // leak: never read, 12 bytes
      return response.statusCode;
    },
    async correct(base) {
      const [response] = await once(http.get(`${base}/small`), 'response');
      return [response.statusCode, await text(response)];
    },
  },

  'half read': {
    async leaking(base) {
      const [response] = await once(http.get(`${base}/large`), 'response'); // leak: half read
      const [chunk] = await once(response, 'data');
      response.pause();
      return chunk[0];
    },
    async correct(base) {
      const [response] = await once(http.get(`${base}/large`), 'response');
      const [chunk] = await once(response, 'data');
      response.destroy();
      return chunk[0];
    },
  },

  'early return on an error status': {
    async leaking(base) {
      const [response] = await once(http.get(`${base}/error`), 'response'); // leak: early return on an error status
      if (response.statusCode >= 400) return null;
      return JSON.parse(await text(response));
    },
    async correct(base) {
      const [response] = await once(http.get(`${base}/error`), 'response');
      if (response.statusCode >= 400) {
        response.resume();
        return null;
      }
      return JSON.parse(await text(response));
    },
  },

  'thrown while reading': {
    async leaking(base) {
      try {
        const [response] = await once(http.get(`${base}/large`), 'response'); // leak: thrown while reading
        const chunks = response.iterator({ destroyOnReturn: false });
        for await (const chunk of chunks) JSON.parse(chunk.toString());
        return null;
      } catch (error) {
        return error.message;
      }
    },
    async correct(base) {
      try {
        const [response] = await once(http.get(`${base}/large`), 'response');
        // Without that option the iterator destroys the response when the loop is left.
        for await (const chunk of response) JSON.parse(chunk.toString());
        return null;
      } catch (error) {
        return error.message;
      }
    },
  },

  'dropped stream': {
    async leaking(base) {
      const [response] = await once(http.get(`${base}/large`), 'response'); // leak: dropped stream
      const file = failingDisk();
      // pipe() leaves its source open when the destination fails.
      response.pipe(file);
      await failed(file);
    },
    async correct(base) {
      const [response] = await once(http.get(`${base}/large`), 'response');
      await pipeline(response, failingDisk()).catch(() => undefined);
    },
  },

  'cancelled too late': {
    async leaking(base) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 60_000).unref();
      const [response] = await once(http.get(`${base}/large`, { signal: controller.signal }), 'response'); // leak: cancelled too late
      return response.statusCode;
    },
    async correct(base) {
      const controller = new AbortController();
      const request = http.get(`${base}/large`, { signal: controller.signal });
      const [response] = await once(request, 'response');
      response.on('error', () => undefined); // both fail with the AbortError
      request.on('error', () => undefined);
      controller.abort();
      return response.statusCode;
    },
  },

  'empty body, never read': {
    async leaking(base) {
      const [response] = await once(http.get(`${base}/empty`), 'response'); // leak: empty body, never read
      return response.statusCode;
    },
    async correct(base) {
      const [response] = await once(http.get(`${base}/empty`), 'response');
      response.resume();
      return response.statusCode;
    },
  },
};
