/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "402407d9a2db7a8187058d820e28adc64dabcdf3240d9b97c9a5b17c578b28c4";
