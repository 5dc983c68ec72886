import { twins, type Group } from './twin.js';

export const streamCases: Group = {
  about: 'axios and got, where they leave a stream',
  head: "import axios, { type AxiosRequestConfig } from 'axios';\nimport got from 'got';\nvoid [axios, got];\n",
  twins: twins([
    ['axios reads the rest itself', 'return (await axios.get(url)).status;', "return (await axios.get(url, { responseType: 'stream' })).status;", 'Nothing holds'],
    ['axios, a stream', "const { data } = await axios.get(url, { responseType: 'stream' }); data.resume();", "const { data, status } = await axios.get(url, { responseType: 'stream' }); void data.destroyed; return status;", 'returns'],
    ['axios as a function', "const res = await axios({ url, responseType: 'stream' }); res.data.destroy();", "const res = await axios({ url, responseType: 'stream' }); return res.headers;", 'neither read nor destroyed when the function returns'],
    ['axios, another type', "return (await axios(url, { responseType: 'json' })).status;", "return (await axios(url, { responseType: 'stream' })).status;", 'Nothing holds'],
    ['axios, a type that is not known', "const config: AxiosRequestConfig = { ...JSON.parse(url) as AxiosRequestConfig }; const res = await axios.request({ url, ...config }); if (res.status > 299) throw new Error(); return res.data;", "const config: AxiosRequestConfig = { responseType: 'json' }; void config; const res = await axios.request({ url, responseType: 'stream' }); if (res.status > 299) throw new Error(); return res.data;", 'throws'],
    ['an instance of axios of another type', "const client = axios.create({ responseType: 'stream' }); return (await client.get(url, { responseType: 'text' })).status;", "const client = axios.create({ responseType: 'text' }); return (await client.get(url, { responseType: 'stream' })).status;", 'Nothing holds'],
    ['an instance of axios', "const client = axios.create({ responseType: 'stream' }); const { data } = await client.get(url); data.resume();", "const client = axios.create({ responseType: 'stream' }); const { status } = await client.get(url); return status;", 'Nothing holds'],
    ['got reads the rest itself', 'return (await got(url)).statusCode;', 'const stream = got.stream(url); return stream.destroyed;', 'returns'],
    ['got.stream', "for await (const part of got.stream(url)) console.log(part);", "got.stream(url).on('error', () => {});", 'Nothing holds'],
    ['got.stream.get', "got.stream.get(url).resume();", "got.stream.get(url);", 'Nothing holds'],
  ]),
};
