/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "f7918cac59a6deaca5a360127006db56ecc5c195e8676c5977e043fa8af8ee79";
