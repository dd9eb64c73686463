/** A number as a Java server writes it: always a fraction, large and small ones with an exponent. */
export function wireText(value: number): string {
  const text = String(value).replace('e+', 'E').replace('e', 'E');
  const [digits = '', exponent] = text.split('E');
  const whole = digits.includes('.') ? digits : `${digits}.0`;
  return exponent === undefined ? whole : `${whole}E${exponent}`;
}
