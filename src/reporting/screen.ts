/** Standard error is shared by log lines and a progress bar: whoever writes goes through the stream's one screen. */

export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface Screen {
  /** Writes whole lines; above the progress bar while one is drawn. */
  write(lines: string): void;
  /** Says how lines get above what is drawn at the bottom; null when nothing is drawn there any more. */
  setBottom(writeAbove: ((lines: string) => void) | null): void;
}

const screens = new WeakMap<TextStream, Screen>();

export function screenOf(stream: TextStream): Screen {
  const known = screens.get(stream);
  if (known !== undefined) return known;
  let bottom: ((lines: string) => void) | null = null;
  const screen: Screen = {
    write(lines) {
      if (bottom === null) stream.write(lines);
      else bottom(lines);
    },
    setBottom(writeAbove) {
      bottom = writeAbove;
    },
  };
  screens.set(stream, screen);
  return screen;
}
