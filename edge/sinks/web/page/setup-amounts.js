/** By how much the signer, the camera or the light is to change, beside the advice of the guide. */

// What is to change is never whole, however little is missing.
const shareOf = (factor) => Math.min(0.95, Math.max(0.05, Math.round(20 / factor) / 20));

const distance = ({ factor }) => factor && ["amount-distance", { share: shareOf(factor) }];
const further = ({ factor }) => factor && ["amount-distance", { share: factor }];
const quality = (name) => ({ factor }) => factor && [name, { share: shareOf(factor) }];
const place = (name) => ({ centimetres }) => centimetres && [name, { n: centimetres }];
const people = (figures) => figures.people && ["amount-people", { n: figures.people }];

function slope({ degrees }) {
  const name = degrees > 0 ? "amount-clockwise" : "amount-anticlockwise";
  return degrees && [name, { n: Math.max(5, 5 * Math.round(Math.abs(degrees) / 5)) }];
}

const AMOUNTS = {
  come_closer: distance,
  step_back: further,
  more_light: quality("amount-more-light"),
  light_in_front: quality("amount-light-in-front"),
  sharpen: quality("amount-sharpen"),
  level: slope,
  one_person: people,
  move_left: place("amount-move"),
  move_right: place("amount-move"),
  raise_camera: place("amount-raise"),
  lower_camera: place("amount-lower"),
};

/** Return the name of the text with the amount of an advice, and its values, rounded; nothing if there is none. */
export function amountOf(advice, figures) {
  return figures && AMOUNTS[advice]?.(figures);
}
