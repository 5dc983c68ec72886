// axios with responseType 'stream' (otherwise it reads the body itself). What it holds is `data`, a Node stream.
import axios from 'axios';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { failed, failingDisk } from './failing-disk.mjs';

const client = axios.create({ responseType: 'stream', validateStatus: () => true });

export const programs = {
  'never read': {
    async leaking(base) {
      const { status } = await client.get(`${base}/large`); // leak: never read
      return status;
    },
    async correct(base) {
      const { status, data } = await client.get(`${base}/large`);
      data.resume();
      return status;
    },
  },

  'never read, 12 bytes': {
    async leaking(base) {
      const { status } = await client.get(`${base}/small`); // leak: never read, 12 bytes
      return status;
    },
    async correct(base) {
      const { status, data } = await client.get(`${base}/small`);
      return [status, await text(data)];
    },
  },

  'half read': {
    async leaking(base) {
      const { data } = await client.get(`${base}/large`); // leak: half read
      const [chunk] = await once(data, 'data');
      data.pause();
      return chunk[0];
    },
    async correct(base) {
      const { data } = await client.get(`${base}/large`);
      const [chunk] = await once(data, 'data');
      data.destroy();
      return chunk[0];
    },
  },

  'early return on an error status': {
    async leaking(base) {
      const { status, data } = await client.get(`${base}/error`); // leak: early return on an error status
      if (status >= 400) return null;
      return JSON.parse(await text(data));
    },
    async correct(base) {
      const { status, data } = await client.get(`${base}/error`);
      if (status >= 400) {
        data.resume();
        return null;
      }
      return JSON.parse(await text(data));
    },
  },

  'thrown while reading': {
    async leaking(base) {
      try {
        const { data } = await client.get(`${base}/large`); // leak: thrown while reading
        for await (const chunk of data.iterator({ destroyOnReturn: false })) JSON.parse(chunk.toString());
        return null;
      } catch (error) {
        return error.message;
      }
    },
    async correct(base) {
      try {
        const { data } = await client.get(`${base}/large`);
        // Without that option the iterator destroys the stream when the loop is left.
        for await (const chunk of data) JSON.parse(chunk.toString());
        return null;
      } catch (error) {
        return error.message;
      }
    },
  },

  'dropped stream': {
    async leaking(base) {
      const { data } = await client.get(`${base}/large`); // leak: dropped stream
      const file = failingDisk();
      // pipe() leaves its source open when the destination fails.
      data.pipe(file);
      await failed(file);
    },
    async correct(base) {
      const { data } = await client.get(`${base}/large`);
      await pipeline(data, failingDisk()).catch(() => undefined);
    },
  },

  'cancelled too late': {
    async leaking(base) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 60_000).unref();
      const { status } = await client.get(`${base}/large`, { signal: controller.signal }); // leak: cancelled too late
      return status;
    },
    async correct(base) {
      const controller = new AbortController();
      const { status, data } = await client.get(`${base}/large`, { signal: controller.signal });
      data.on('error', () => undefined); // it fails with the CanceledError
      controller.abort();
      return status;
    },
  },

  'empty body, never read': {
    async leaking(base) {
      const { status } = await client.get(`${base}/empty`); // leak: empty body, never read
      return status;
    },
    async correct(base) {
      const { status, data } = await client.get(`${base}/empty`);
      data.resume();
      return status;
    },
  },
};
