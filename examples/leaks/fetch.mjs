// The global fetch. What it holds is the response's body: read it to the end, or cancel it.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { failed, failingDisk } from './failing-disk.mjs';

export const programs = {
  'never read': {
    async leaking(base) {
      const response = await fetch(`${base}/large`); // leak: never read
      return response.status;
    },
    async correct(base) {
      const response = await fetch(`${base}/large`);
      await response.body.cancel();
      return response.status;
    },
  },

  'never read, 12 bytes': {
    async leaking(base) {
      const response = await fetch(`${base}/small`); // leak: never read, 12 bytes
      return response.status;
    },
    async correct(base) {
      const response = await fetch(`${base}/small`);
      return [response.status, await response.text()];
    },
  },

  'half read': {
    async leaking(base) {
      const response = await fetch(`${base}/large`); // leak: half read
      const { value } = await response.body.getReader().read();
      return value[0];
    },
    async correct(base) {
      const response = await fetch(`${base}/large`);
      const reader = response.body.getReader();
      const { value } = await reader.read();
      await reader.cancel();
      return value[0];
    },
  },

  'early return on an error status': {
    async leaking(base) {
      const response = await fetch(`${base}/error`); // leak: early return on an error status
      if (!response.ok) return null;
      return response.json();
    },
    async correct(base) {
      const response = await fetch(`${base}/error`);
      if (!response.ok) {
        await response.body.cancel();
        return null;
      }
      return response.json();
    },
  },

  'thrown while reading': {
    async leaking(base) {
      try {
        const response = await fetch(`${base}/large`); // leak: thrown while reading
        const reader = response.body.getReader();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return null;
          JSON.parse(Buffer.from(value).toString());
        }
      } catch (error) {
        return error.message;
      }
    },
    async correct(base) {
      try {
        const response = await fetch(`${base}/large`);
        // An iterator cancels the body when the loop is left.
        for await (const chunk of response.body) JSON.parse(Buffer.from(chunk).toString());
        return null;
      } catch (error) {
        return error.message;
      }
    },
  },

  'dropped stream': {
    async leaking(base) {
      const response = await fetch(`${base}/large`); // leak: dropped stream
      const file = failingDisk();
      // pipe() leaves its source open when the destination fails.
      Readable.fromWeb(response.body).pipe(file);
      await failed(file);
    },
    async correct(base) {
      const response = await fetch(`${base}/large`);
      await pipeline(Readable.fromWeb(response.body), failingDisk()).catch(() => undefined);
    },
  },

  'cancelled too late': {
    async leaking(base) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 60_000).unref();
      const response = await fetch(`${base}/large`, { signal: controller.signal }); // leak: cancelled too late
      return response.status;
    },
    async correct(base) {
      const controller = new AbortController();
      try {
        const response = await fetch(`${base}/large`, { signal: controller.signal });
        return response.status;
      } finally {
        controller.abort();
      }
    },
  },
};
