// Draws or loads a digit and says which one it is. The model comes from model/, which build.mjs writes.
import { info, normalize, run } from './model/index.js';

const canvas = document.getElementById('drawing');
const answer = document.getElementById('answer');
const context = canvas.getContext('2d', { willReadFrequently: true });
context.lineWidth = 2;
context.lineCap = 'round';
context.strokeStyle = '#fff';

async function tell() {
  const { data } = context.getImageData(0, 0, 28, 28);
  const gray = Uint8Array.from({ length: 784 }, (_, i) =>
    Math.round(
      ((0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]) * data[4 * i + 3]) / 255,
    ),
  );
  const scores = await run(await normalize(gray));
  answer.textContent = info.classes[scores.indexOf(Math.max(...scores))];
}

const place = (event) => [
  (event.offsetX * 28) / canvas.clientWidth,
  (event.offsetY * 28) / canvas.clientHeight,
];
canvas.addEventListener('pointerdown', (event) => {
  context.beginPath();
  context.moveTo(...place(event));
});
canvas.addEventListener('pointermove', (event) => {
  if (event.buttons !== 1) return;
  context.lineTo(...place(event));
  context.stroke();
});
canvas.addEventListener('pointerup', tell);

document.getElementById('clear').addEventListener('click', () => {
  context.clearRect(0, 0, 28, 28);
  answer.textContent = '';
});
document.getElementById('file').addEventListener('change', async (event) => {
  try {
    const picture = await createImageBitmap(event.target.files[0]);
    if (picture.width !== 28 || picture.height !== 28) throw new Error('28x28 pixels, please');
    context.drawImage(picture, 0, 0);
    await tell();
  } catch (error) {
    answer.textContent = error.message;
  }
});
