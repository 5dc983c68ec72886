// This library. What it holds is the response: read it to the end, or close it; `await using` does the latter.
import { pipeline } from 'node:stream/promises';
import { get } from 'watertight';
import { failed, failingDisk } from './failing-disk.mjs';

export const programs = {
  'never read': {
    async leaking(base) {
      const response = await get(`${base}/large`); // leak: never read
      return response.status;
    },
    async correct(base) {
      const response = await get(`${base}/large`);
      await response.close();
      return response.status;
    },
  },

  'never read, 12 bytes': {
    async leaking(base) {
      const response = await get(`${base}/small`); // leak: never read, 12 bytes
      return response.status;
    },
    async correct(base) {
      const response = await get(`${base}/small`);
      return [response.status, await response.text()];
    },
  },

  'half read': {
    async leaking(base) {
      const response = await get(`${base}/large`); // leak: half read
      return response.body.read(100);
    },
    async correct(base) {
      const response = await get(`${base}/large`);
      const bytes = await response.body.read(100);
      await response.close();
      return bytes;
    },
  },

  'early return on an error status': {
    async leaking(base) {
      const response = await get(`${base}/error`); // leak: early return on an error status
      if (response.status >= 400) return null;
      return response.json();
    },
    async correct(base) {
      const response = await get(`${base}/error`);
      if (response.status >= 400) {
        await response.close();
        return null;
      }
      return response.json();
    },
  },

  'thrown while reading': {
    async leaking(base) {
      try {
        const response = await get(`${base}/large`); // leak: thrown while reading
        for (let chunk = await response.body.read(); chunk !== null; chunk = await response.body.read()) JSON.parse(Buffer.from(chunk).toString());
        return null;
      } catch (error) {
        return error.message;
      }
    },
    async correct(base) {
      try {
        const response = await get(`${base}/large`);
        // An iterator closes the body when the loop is left.
        for await (const chunk of response.body) JSON.parse(Buffer.from(chunk).toString());
        return null;
      } catch (error) {
        return error.message;
      }
    },
  },

  'dropped stream': {
    async leaking(base) {
      const response = await get(`${base}/large`); // leak: dropped stream
      const file = failingDisk();
      // pipe() leaves its source open when the destination fails.
      response.body.toReadable().pipe(file);
      await failed(file);
    },
    async correct(base) {
      const response = await get(`${base}/large`);
      await pipeline(response.body.toReadable(), failingDisk()).catch(() => undefined);
    },
  },

  'cancelled too late': {
    async leaking(base) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 60_000).unref();
      const response = await get(`${base}/large`, { signal: controller.signal }); // leak: cancelled too late
      return response.status;
    },
    async correct(base) {
      const controller = new AbortController();
      const response = await get(`${base}/large`, { signal: controller.signal });
      controller.abort();
      return response.status;
    },
  },
};
