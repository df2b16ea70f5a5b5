/** An output of which the whole text is kept. */
export class Text {
  text = '';
  write(text: string): void {
    this.text += text;
  }
}
