// Leaves a response of fetch unread, and goes on for long enough to be looked at.
export {};
const response = await fetch(`${process.argv[2]}/bytes/5`);
await new Promise((resolve) => setTimeout(resolve, 1500));
console.log(response.status);
process.exit();
