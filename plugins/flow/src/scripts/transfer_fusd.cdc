import FungibleToken from {FungibleToken}
import FUSD from {FUSD}

transaction(amount: UFix64, recipient: Address) {
    let sent: @{FungibleToken.Vault}

    prepare(sender: auth(BorrowValue) &Account) {
        let vault = sender.storage.borrow<auth(FungibleToken.Withdraw) &FUSD.Vault>(from: /storage/fusdVault)
            ?? panic("the sender has no FUSD vault")
        self.sent <- vault.withdraw(amount: amount)
    }

    execute {
        let receiver = getAccount(recipient).capabilities.borrow<&{FungibleToken.Receiver}>(/public/fusdReceiver)
            ?? panic("the recipient cannot receive FUSD")
        receiver.deposit(from: <-self.sent)
    }
}
