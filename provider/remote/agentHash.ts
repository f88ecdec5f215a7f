/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "4b19ab4edcf1a5d56d8d67684f0f23fca7c9e962b990da42cdf0b9d7702245b9";
