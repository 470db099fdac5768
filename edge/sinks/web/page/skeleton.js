/** Draws a signer as lines, with the bones, widths and colours of the device's own screen (edge/sinks/captions/skeleton.py). */

export const LEFT_HAND = 0;
export const POSE = 21;
export const RIGHT_HAND = 54;
export const JOINTS = 75;

const FINGERS = [0, 4, 8, 12, 16].map((before) => [before + 1, before + 2, before + 3, before + 4]);
export const HAND = [
  ...FINGERS.map(([first]) => [0, first]),
  ...FINGERS.flatMap((finger) => [0, 1, 2].map((number) => [finger[number], finger[number + 1]])),
  ...[[5, 9], [9, 13], [13, 17]],
];
export const BODY = [[11, 12], [11, 13], [13, 15], [12, 14], [14, 16], [11, 23], [12, 24]];

const LEFT_EAR = 7;
const RIGHT_EAR = 8;
const LINE_WIDTH = 0.011; // width of a bone, in widths of the picture
const REGION_MARGIN = 0.04;

/**
 * Draw joints, [x, y] in widths of the picture or null where unseen, on a canvas of this width.
 * `head` is its centre and radius, by default from the ears.
 */
export function drawSkeleton(context, joints, width, colours, head = headOf(joints)) {
  context.shadowColor = colours.shadow;
  context.shadowBlur = LINE_WIDTH * width;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.lineWidth = LINE_WIDTH * width;
  context.strokeStyle = colours.body;
  if (head) {
    const [x, y, radius] = head.map((value) => value * width);
    context.beginPath();
    context.ellipse(x, y, radius, 1.2 * radius, 0, 0, 2 * Math.PI);
    context.stroke();
  }
  drawBones(context, joints, POSE, BODY, width);
  context.lineWidth = 0.6 * LINE_WIDTH * width;
  context.strokeStyle = colours.leftHand;
  drawBones(context, joints, LEFT_HAND, HAND, width);
  context.strokeStyle = colours.rightHand;
  drawBones(context, joints, RIGHT_HAND, HAND, width);
}

/** Draw a rectangle around head, arms and hands: the person who is followed, since others may be in the picture. */
export function drawRegion(context, joints, width, colours) {
  const seen = [...joints.slice(0, POSE + 17), ...joints.slice(RIGHT_HAND)].filter(Boolean);
  if (!seen.length) return;
  const [xs, ys] = [seen.map(([x]) => x), seen.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs) - REGION_MARGIN, Math.min(...ys) - REGION_MARGIN];
  const [right, bottom] = [Math.max(...xs) + REGION_MARGIN, Math.max(...ys) + REGION_MARGIN];
  context.lineWidth = 0.5 * LINE_WIDTH * width;
  context.strokeStyle = colours.body;
  context.strokeRect(left * width, top * width, (right - left) * width, (bottom - top) * width);
}

/** Draw lines between pairs of joints, whose numbers count from this start. */
export function drawBones(context, joints, start, pairs, width) {
  context.beginPath();
  for (const [first, second] of pairs) {
    const [from, to] = [joints[start + first], joints[start + second]];
    if (from && to) {
      context.moveTo(from[0] * width, from[1] * width);
      context.lineTo(to[0] * width, to[1] * width);
    }
  }
  context.stroke();
}

function headOf(joints) {
  const [left, right] = [joints[POSE + LEFT_EAR], joints[POSE + RIGHT_EAR]];
  if (!left || !right) return null;
  return [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2, 0.72 * Math.hypot(left[0] - right[0], left[1] - right[1])];
}
