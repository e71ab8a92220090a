/**
 * As fast as the other side reads. A failure aborts the connection, so that a short file never looks complete; when the
 * other side goes away, the pieces end.
 */
export function streamPieces(pieces: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let wanted = true;
  return new ReadableStream({
    async pull(controller) {
      while (wanted) {
        const { done, value } = await pieces.next();
        if (done) return controller.close();
        if (value !== "" && wanted) return controller.enqueue(encoder.encode(value));
      }
    },
    async cancel() {
      wanted = false;
      await pieces.return(undefined);
    },
  });
}
