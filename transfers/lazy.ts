/** Makes something when it is first asked for, and answers the same from then on. What fails is tried anew. */
export function lazy<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    if (made === null) {
      const own = made = make();
      own.catch(() => made === own && (made = null));
    }
    return made;
  };
}
