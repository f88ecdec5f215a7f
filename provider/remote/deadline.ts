/** No wait without an end. */

/** `task`, or the error that `late` makes once `ms` have passed. The task itself goes on; its late failure is dropped. */
export function withDeadline<T>(task: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms);
    task.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: Error) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
