// workerd: one step a request, timed from outside, since its clock stands still while code runs. The model comes as bytes.
import { infer, start, train } from './task.mjs';

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/start') await start(new Uint8Array(await request.arrayBuffer()));
    if (pathname === '/infer') infer(Number(searchParams.get('count')));
    return Response.json(pathname === '/train' ? await train() : {});
  },
};
