/** Text inside HTML and SVG, element content and quoted attributes alike. */
import { harmless } from "../output";

const ENTITIES: { [character: string]: string } = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function escapeHtml(text: string): string {
  return harmless(text).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
