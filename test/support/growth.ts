/** How the time of some work grows with its size: a slow or busy machine is as slow at the small size as at the large one. */

const FACTOR = 8;
/** Shorter measurements are too inaccurate. */
const LEAST_MICROSECONDS = 1000;

/** How many times as long the work takes at eight times the size: about 8 where it is linear, about 64 where it is quadratic. */
export function growthOf(work: (size: number) => void, size = 4000): number {
  const [small, large] = [size, size * FACTOR].map((each) =>
    Math.max(
      timeOf(() => work(each)),
      LEAST_MICROSECONDS,
    ),
  );
  return (large ?? 0) / (small ?? 0);
}

/** Measures CPU time and takes the best of several runs, so that other load on the machine has little effect. */
function timeOf(work: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...times);
}
